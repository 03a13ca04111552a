"""Files that people send: lists alone, from those who may load them, no larger than a list may be.

A form's files are read before its view runs, so it is decided here whose files reach the disk.
"""

from typing import Any

from django.core.files.uploadhandler import SkipFile, StopUpload, TemporaryFileUploadHandler
from django.http import HttpRequest

from watchkeeper.access.roles import Action, may
from watchkeeper.lists.cells import LARGEST

_TOO_LARGE, _BEGUN = "file_too_large", "files_begun"


class ListUpload(TemporaryFileUploadHandler):
    """Writes a file into the folder for uploads; what is too large, or not permitted, is dropped.

    A caller of the API was let in before its files are read; of a page it is asked here.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begins with a file; raises SkipFile for somebody who may not load lists."""
        request = self.request
        called = getattr(request, "auth", None) is not None
        if request is None or not (called or may(request.user, Action.LOAD)):
            raise SkipFile
        super().new_file(*args, **kwargs)
        request.__dict__.setdefault(_BEGUN, []).append(self.file)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Takes a piece; raises StopUpload once there are more than a list may have."""
        if start + len(raw_data) > LARGEST:
            self.file.close()
            setattr(self.request, _TOO_LARGE, True)
            raise StopUpload
        super().receive_data_chunk(raw_data, start)


def too_large(request: HttpRequest) -> bool:
    """Whether a file of the request was dropped because it was larger than a list may be."""
    return bool(getattr(request, _TOO_LARGE, False))


def close_all(request: HttpRequest) -> None:
    """Closes the files of a request, also of one that broke off: they are gone from the disk."""
    for file in request.__dict__.get(_BEGUN, ()):
        file.close()
