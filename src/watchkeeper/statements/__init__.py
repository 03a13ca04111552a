"""What the company states: asked for by one person, decided by another, sealed at once.

`asking` and `deciding` write, `reading` tells what there is. Every version is a sealed collection
of its own; nothing is overwritten.
"""
