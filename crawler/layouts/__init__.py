"""The layouts that bokete has had, a module each: pure functions that read a page.

A layout module has `matches(document)`, which tells whether a page has this layout; `read(document)`, which
returns a Page; and `CONTENT`, the CSS selector of the part of a page that shows boke. The module's name is
the value of the `layout` column. `crawler.parsing.parse.LAYOUTS` lists the modules.
"""
