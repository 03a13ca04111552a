"""The lists a company keeps (assets, people, ends of support): read, understood, sealed.

`sources` read a list where it is kept, `sheet` and `workbook` what a file holds (`cells`),
`mapping` says which of its columns means what, `rows` makes rows of it, `load` seals them beside
the other lists. `bringing` does all of it in that order.
"""
