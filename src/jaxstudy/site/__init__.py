"""Page writers: built lectures → plain Markdown + assets → MkDocs → one study site, served while you write."""

from jaxstudy.site.generator import build_site
from jaxstudy.site.serve import ServeEvent, SiteServer, serve
from jaxstudy.site.sources import write_site_sources

__all__ = ["ServeEvent", "SiteServer", "build_site", "serve", "write_site_sources"]
