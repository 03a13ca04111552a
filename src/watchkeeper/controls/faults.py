"""What is wrong with a page, before it is known which file it stands in."""


class PageFault(Exception):
    """One fault in words, without the file and without a full stop."""
