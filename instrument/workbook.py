"""Excel workbooks whose bytes follow from their content alone.

A workbook says when it was made, in its properties and beside every part of its archive; here both are fixed, so
that the same content is the same file.
"""

from __future__ import annotations

import io
import re
import zipfile

from openpyxl import Workbook

_EPOCH = (1980, 1, 1, 0, 0, 0)
_DATES = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*")


def workbook_bytes(book: Workbook) -> bytes:
    """A finished workbook as the bytes of an .xlsx file."""
    made, fixed = io.BytesIO(), io.BytesIO()
    book.save(made)
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target:
        for part in sorted(source.namelist()):
            info = zipfile.ZipInfo(part, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr, info.create_system = 0o600 << 16, 3  # the same on every machine
            content = source.read(part)
            if part == "docProps/core.xml":
                content = _DATES.sub(rb"\g<1>1980-01-01T00:00:00Z", content)
            target.writestr(info, content)
    return fixed.getvalue()
