"""One module per kind of page. A view asks `queries` and hands the answer to a template."""
