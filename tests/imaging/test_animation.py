"""Short animations keep moving; the ladder shows their first frame."""

import io

import pytest
from PIL import Image

from gallery import imaging
from gallery.imaging import animation
from tests.imaging import corpus
from tests.moving import gif_bytes


def made(data: bytes, turn: int = 0) -> tuple[imaging.Processed, dict[str, imaging.Rendition]]:
    processed = imaging.process(data, turn=turn)
    return processed, {rendition.name: rendition for rendition in processed.renditions}


def frames_of(data: bytes) -> list[tuple[int, tuple[int, ...]]]:
    """Return each frame's duration in milliseconds and the colour of its top left."""
    found = []
    with Image.open(io.BytesIO(data)) as moving:
        for number in range(getattr(moving, "n_frames", 1)):
            moving.seek(number)
            pixel = moving.convert("RGB").getpixel((10, 10))
            assert isinstance(pixel, tuple)
            found.append((int(moving.info["duration"]), pixel))
    return found


def test_frames_and_their_times_are_kept() -> None:
    processed, renditions = made(gif_bytes(4, delay_ms=250, shade=200))

    assert (processed.kind, processed.duration_s) == ("animation", 1.0)
    frames = frames_of(renditions["anim"].data)
    assert [duration for duration, _ in frames] == [250] * 4
    assert corpus.is_near(frames[0][1], corpus.RED, 25)
    assert corpus.is_near(frames[1][1], (200, 40, 247), 25)


def test_first_frame_is_the_picture() -> None:
    _, renditions = made(gif_bytes())

    assert corpus.is_near(corpus.colour_at(renditions["l2560"].data, 0.2, 0.2)[:3], corpus.RED, 25)


def test_large_animation_is_made_smaller_and_a_small_one_not_larger() -> None:
    _, large = made(gif_bytes(3, width=1000, height=500))
    _, small = made(gif_bytes(3, width=30, height=20))

    assert (large["anim"].width, large["anim"].height) == (640, 320)
    assert (small["anim"].width, small["anim"].height) == (30, 20)


def test_animation_is_turned_as_a_person_turned_it() -> None:
    _, renditions = made(gif_bytes(3, delay_ms=80), turn=90)

    assert (renditions["anim"].width, renditions["anim"].height) == (80, 120)
    frames = frames_of(renditions["anim"].data)
    assert [duration for duration, _ in frames] == [80] * 3
    # A quarter clockwise: what was at the bottom left comes to the top left.
    assert corpus.is_near(frames[0][1], corpus.BLUE, 25)


def test_animated_webp_keeps_moving_as_well() -> None:
    pictures = [corpus.corners(), corpus.corners().rotate(180)]
    stream = io.BytesIO()
    pictures[0].save(stream, "WEBP", save_all=True, append_images=pictures[1:], duration=120, lossless=True)

    processed, renditions = made(stream.getvalue())

    assert processed.kind == "animation"
    assert len(frames_of(renditions["anim"].data)) == 2


@pytest.mark.parametrize(
    ("frames", "delay_ms"), [(3, 30_000), (animation.MAX_FRAMES + 1, 20)], ids=["too long", "too many"]
)
def test_what_is_past_the_limits_is_shown_by_its_first_frame(frames: int, delay_ms: int) -> None:
    processed, renditions = made(gif_bytes(frames, delay_ms=delay_ms, width=16, height=12))

    assert processed.kind == "animation"
    assert "anim" not in renditions
    assert "moving" not in processed.facts.extra


def test_too_many_pixels_in_all_frames_are_not_kept_moving(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(animation, "MAX_PIXELS", 120 * 80 * 5)

    assert "anim" in made(gif_bytes(5))[1]
    assert "anim" not in made(gif_bytes(6))[1]


def test_animation_that_is_cut_shows_what_is_there() -> None:
    data = gif_bytes(40)

    _, renditions = made(data[: len(data) // 2])

    assert 1 < len(frames_of(renditions["anim"].data)) < 40


def test_pages_of_a_tiff_are_no_animation() -> None:
    stream = io.BytesIO()
    corpus.corners().save(stream, "TIFF", save_all=True, append_images=[corpus.corners()])

    processed, renditions = made(stream.getvalue())

    assert (processed.kind, processed.duration_s) == ("photo", None)
    assert "anim" not in renditions
