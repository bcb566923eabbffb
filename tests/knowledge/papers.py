"""PDF files by hand: pages of text, and an encrypted one."""

from __future__ import annotations

from collections.abc import Sequence

Line = tuple[str, int, int, int]
"""Text, its x and y in points from the lower left corner, and its size."""


def pdf(pages: Sequence[Sequence[Line]], *, trailer: str = "") -> bytes:
    """A PDF of these pages, in Helvetica."""
    objects = ["", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"]
    kids = []
    for lines in pages:
        body = "\n".join(f"BT /F1 {size} Tf {x} {y} Td ({_escaped(text)}) Tj ET" for text, x, y, size in lines)
        objects.append(f"<< /Length {len(body)} >>\nstream\n{body}\nendstream")
        font, box = "/Resources << /Font << /F1 3 0 R >> >>", "/MediaBox [0 0 595 842]"
        objects.append(f"<< /Type /Page /Parent 2 0 R {box} {font} /Contents {len(objects)} 0 R >>")
        kids.append(f"{len(objects)} 0 R")
    objects[0] = "<< /Type /Catalog /Pages 2 0 R >>"
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(kids)}] >>"
    out, places = "%PDF-1.4\n", []
    for number, text in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{text}\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    out += f"trailer << /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF"
    return out.encode("cp1252")


def encrypted() -> bytes:
    """A PDF that asks for a password (the standard handler's keys are noise, so none opens it)."""
    keys = f"/O <{'ab' * 32}> /U <{'cd' * 32}>"
    guard = f"/Encrypt << /Filter /Standard /V 1 /R 2 {keys} /P -4 >> /ID [<{'12' * 16}> <{'12' * 16}>]"
    return pdf([[("A secret is kept here.", 60, 700, 11)]], trailer=guard)


def manual(pages: int) -> bytes:
    """A manual on gaskets: header, heading, a sentence over two lines, a rule, a page number."""
    return pdf(
        [
            [
                (f"Gasket manual, page {n}", 60, 800, 9),
                ("Defects", 60, 760, 16),
                (f"A crack of kind {n} shows as a thin dark line that runs across", 60, 730, 11),
                ("the rim of the gasket.", 60, 717, 11),
                (f"Rims with flaw {n} are rejected.", 60, 690, 11),
                (f"{n}", 300, 30, 9),
            ]
            for n in range(1, pages + 1)
        ]
    )


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
