"""Where static files are served from: hashed names, so that browsers may keep them for ever."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleManifestStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Rewrites the imports between JavaScript modules to the hashed names, too."""

    support_js_module_import_aggregation = True
