"""Photographs and scans: is it the picture that its name says, and how is it shown."""

import io
from pathlib import Path

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from rectification.evidence.naming import FileRefused

MOST_PIXELS = 50_000_000
WIDEST = 1200
FORMATS = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG"}
POSITION = "照片里带有拍摄地点，不能标为可以公开。请先去掉位置信息，或者不选“可以公开”。"
Image.MAX_IMAGE_PIXELS = None  # counted here, before anything is unpacked


def inspect(path: Path, extension: str) -> str:
    """Why the picture may not be public, or nothing. Raises FileRefused."""
    try:
        with Image.open(path, formats=[FORMATS[extension]]) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                most = f"最多{MOST_PIXELS // 10_000}万像素"
                raise FileRefused(f"图片的像素太多，{most}，请缩小后再上传。")
            position = bool(picture.getexif().get_ifd(ExifTags.IFD.GPSInfo))
            picture.load()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise FileRefused("图片打不开或者不完整，请重新保存后再上传。") from error
    return POSITION if position else ""


def preview(path: Path, extension: str) -> bytes:
    """The picture as PNG, upright, at most WIDEST wide, without anything but its pixels."""
    with Image.open(path, formats=[FORMATS[extension]]) as picture:
        picture.draft("RGB", (WIDEST, WIDEST))
        return as_png(ImageOps.exif_transpose(picture))


def as_png(picture: Image.Image) -> bytes:
    picture.thumbnail((WIDEST, WIDEST * 3))
    bare = Image.new("RGB", picture.size, "white")  # neither profile nor text nor EXIF comes along
    shown = picture.convert("RGBA")
    bare.paste(shown, mask=shown.getchannel("A"))
    buffer = io.BytesIO()
    bare.save(buffer, "PNG")
    return buffer.getvalue()
