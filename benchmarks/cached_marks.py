"""VideoCache with a warm cache: stars, views, tags and favorites of a page of 60 videos."""

from benchmarks import synthetic
from benchmarks.figures import note, percentile, seconds, spread, verdict
from videos.accounts.household import household
from videos.cache import VideoCache
from videos.models import Video

BAR_SECONDS = 0.001
PAGE, READS = 60, 3000


def run() -> bool:
    synthetic.make_rows()
    video_ids = list(Video.objects.order_by("-added_date").values_list("pk", flat=True)[:PAGE])
    cache = VideoCache(household())
    cold_seconds = seconds(lambda: cache.get_marks(video_ids))
    samples = [seconds(lambda: cache.get_marks(video_ids)) for _ in range(READS)]
    p95 = percentile(samples, 0.95)
    met = verdict(
        "VideoCache.get_marks of 60, warm (p95)",
        f"{p95 * 1000:.2f} ms",
        f"{BAR_SECONDS * 1000:g} ms",
        p95 < BAR_SECONDS,
    )
    note(f"{spread(samples)}; cold {cold_seconds * 1000:.1f} ms")
    for read in (cache.get_ratings, cache.get_views, cache.get_tags, cache.get_favorites):
        cold_seconds, items = seconds(read), len(read())
        warm_seconds = min(seconds(read) for _ in range(5))
        note(
            f"{read.__name__}(), {items:,} names: cold {cold_seconds * 1000:.0f} ms, warm {warm_seconds * 1000:.1f} ms"
        )
    return met
