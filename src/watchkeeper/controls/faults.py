"""What is wrong with a page, before it is known which file it stands in."""


class PageFault(Exception):  # noqa: N818 - a fault of the page; `parse` turns it into an error
    """One fault in words, without the file and without a full stop."""
