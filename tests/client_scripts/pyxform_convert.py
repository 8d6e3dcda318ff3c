"""XLSForm → XForm by pyxform, judged by ODK Validate: ``pyxform_convert.py FORM.xlsx [FORM.xlsx …]``.

Writes FORM.xml beside each form and prints, as JSON, what the two had to say: ``{"FORM.xlsx": [warning, …]}``.
An error ends with a traceback and a status that is not 0.
"""

import json
import sys
from pathlib import Path

from pyxform.xls2xform import convert

said = {}
for name in sys.argv[1:]:
    path = Path(name)
    result = convert(path, validate=True)
    path.with_suffix(".xml").write_text(result.xform, encoding="utf-8")
    said[path.name] = list(result.warnings)
print(json.dumps(said))
