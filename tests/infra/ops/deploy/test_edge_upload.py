from pathlib import Path

from infra.ops.deploy import edge


class Bucket:
    """Stands for S3: what was uploaded, in order."""

    def __init__(self) -> None:
        self.files: list[tuple[str, str, str]] = []

    def upload_file(self, path: str, bucket: str, key: str, *, ExtraArgs: dict[str, str]) -> None:  # noqa: N803
        assert (Path(path).exists(), bucket) == (True, "site")
        self.files.append((key, ExtraArgs["CacheControl"], ExtraArgs["ContentType"]))


def test_the_edge_gets_files_with_their_type_and_how_long_they_are_kept(tmp_path: Path) -> None:
    names = ("checkout-1.js", "checkout.js", "checkout/index.html", "checkout/assets/page-a.css", "other")
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    bucket = Bucket()
    edge.upload(bucket, "site", tmp_path, edge.ASSETS, edge.FOREVER)  # type: ignore[arg-type]
    edge.upload(bucket, "site", tmp_path, edge.NAMING, edge.SHORT)  # type: ignore[arg-type]
    assert [(key, kept) for key, kept, _ in bucket.files] == [
        ("checkout-1.js", edge.FOREVER),
        ("checkout/assets/page-a.css", edge.FOREVER),
        ("checkout.js", edge.SHORT),
    ]
    assert bucket.files[1][2] == "text/css"
