"""Formats of other programs: one module each, with `lines(source)`, which
yields the text line by line. Unknown figures are left out or empty; text of
a file is escaped, so that it cannot end a field.
"""
