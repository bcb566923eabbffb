"""Textured surfaces: brushed metal, fabric, tile, wood."""
