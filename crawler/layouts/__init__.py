"""The layouts that bokete has had: one module each, pure functions from a page to what it says.

A layout module has `matches(document)`, which tells whether a page is of this layout, and
`read(document)`, which returns what is on it; `CONTENT` is the CSS selector of the part of a page where its
boke are. The module's name is the value of the `layout` column.
"""
