"""What the benches beside peers take from scripts/."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
import measured  # noqa: E402
