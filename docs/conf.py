"""How Sphinx builds the pages: `compendium site` copies this folder, adds the notebooks and runs it."""

project = "Rituximab and bortezomib in 24 patients, recounted"
author = "the compendium's authors"
copyright = ""
html_title = "Recounted"
language = "en_GB"
smartquotes = False  # a rule of the paper is shown with the quotes it has

extensions = ["myst_nb"]
exclude_patterns = ["generated/*", "**/.ipynb_checkpoints"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}

# The notebooks come executed; nothing runs here.
nb_execution_mode = "off"
nb_code_prompt_show = "Show the code"
nb_code_prompt_hide = "Hide the code"
nb_merge_streams = True
nb_render_markdown_format = "myst"
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "pydata_sphinx_theme"
html_static_path = ["_static"]
html_css_files = ["custom.css"]
html_copy_source = False
html_show_sourcelink = False
html_use_index = False
html_show_copyright = False
html_show_search_summary = False  # the summaries are fetched, which a page opened from a folder may not do
html_permalinks_icon = "#"
html_context = {"default_mode": "light"}
html_sidebars = {"**": ["pages"]}
html_theme_options = {
    "logo": {"text": html_title},
    "navbar_align": "left",
    "navbar_end": ["search-button"],
    "navbar_persistent": [],
    "navbar_center": [],
    "primary_sidebar_end": [],
    "article_header_start": [],
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": True,
    "footer_start": ["footer-note"],
    "footer_end": [],
    "show_version_warning_banner": False,
}
templates_path = ["_templates"]
