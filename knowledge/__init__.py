"""Facts and golden images: the store that an inspection recalls from."""
