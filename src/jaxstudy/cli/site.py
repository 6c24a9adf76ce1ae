"""What `build` and `serve` share: making the study site, and saying where it is."""

from __future__ import annotations

from jaxstudy.build.lectures import Options, build_lectures
from jaxstudy.cli.course import course_for, size_for
from jaxstudy.cli.show import building, console, relative, show_problems
from jaxstudy.course import Course, load_course


def make_site(course: Course, size: str) -> None:
    """Build the site and say where it is and what comes next."""
    import time

    from jaxstudy.site.publish import publish

    started = time.perf_counter()
    with console.status("building the study site"):
        folder, anew = publish(course, size)
    done = f"{time.perf_counter() - started:6.1f} s" if anew else "unchanged"
    console.print(f"[green]✓[/] {'study site':24} {relative(folder)}/index.html{'':<17} {done}")
    give = "make present LECTURE=" if (course.root / "Makefile").is_file() else "jaxstudy present "
    number = course.lectures[0].stem.split("_")[0]
    next_step = f"  next: open {relative(folder)}/index.html, or give a lecture with [bold]{give}{number}[/]"
    console.print(next_step)


def serve_site(port: int, full: bool, open_browser: bool) -> None:
    """Serve until Ctrl-C, rebuilding on save."""
    from jaxstudy.site import ServeEvent, serve
    from jaxstudy.site.publish import publish

    course, size = load_course(), size_for(full)

    def rebuild() -> None:
        current, paths = course_for([])  # read anew: course.toml or the lectures may have changed
        with building() as on_event:
            build_lectures(current, paths, Options(size), on_event)
        publish(current, size)

    def show(event: ServeEvent) -> None:
        if event.kind == "serving":
            console.print(f"[bold]{event.text}[/] (Ctrl-C ends it; save a file to rebuild)")
            if open_browser:
                import webbrowser

                webbrowser.open(event.text)
        elif event.kind == "built":
            console.print(f"[green]✓[/] built in {event.seconds:.1f} s")
        elif event.kind == "failed":
            show_problems(event.problems)
        elif event.text:
            console.print(f"[dim]{event.text} saved[/]")

    serve(course, rebuild, port, show)
    console.print("\nThe server has ended.")
