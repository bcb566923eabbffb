"""Objects: capsule, bottle, nut, gear, screw, connector, moulded toy."""
