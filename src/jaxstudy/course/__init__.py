"""What a course is: `course.toml` → Course; a file → Lecture → Slide → Step."""

from jaxstudy.course.config import Course, load_course
from jaxstudy.course.lecture import Header, Lecture, Resource, Slide, Step
from jaxstudy.course.reading import read_lecture

__all__ = ["Course", "Header", "Lecture", "Resource", "Slide", "Step", "load_course", "read_lecture"]
