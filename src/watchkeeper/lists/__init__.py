"""The lists a company keeps (assets, people, ends of support): read, understood, sealed.

`sources` read a list where it is kept, `sheet` what a file holds, `mapping` says which of its
columns means what, `rows` makes rows of it, `load` seals them beside the other lists.
"""
