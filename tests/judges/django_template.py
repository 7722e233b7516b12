"""Templates in memory that a real Django renders."""

import json

import django_judge  # noqa: F401  (sets Django up)
import django.template.defaulttags
from django.template import Context, Engine, TemplateSyntaxError

# Two forms of Python that ours does not have: groups and the views of a mapping print as lists.
django.template.defaulttags.GroupedResult.__repr__ = lambda group: repr(list(group))


class Mapping(dict):
    def items(self):
        return list(super().items())

    def keys(self):
        return list(super().keys())

    def values(self):
        return list(super().values())


def engine_of(case):
    """With Django's cache of templates, as in production: two includes of a template share its tags."""
    files = ("django.template.loaders.locmem.Loader", case["templates"])
    return Engine(loaders=[("django.template.loaders.cached.Loader", [files])])


def by_django(case):
    """("text", text), ("syntax", sentence) or ("raised", sentence)."""
    engine = engine_of(case)
    try:
        template = engine.get_template(case["entry"])
    except TemplateSyntaxError as error:
        return "syntax", str(error)
    except Exception as error:
        return "syntax", f"{type(error).__name__}: {error}"
    try:
        return "text", template.render(Context(json.loads(json.dumps(case["context"]), object_pairs_hook=Mapping)))
    except TemplateSyntaxError as error:
        return "raised", str(error)
    except Exception as error:
        return "raised", f"{type(error).__name__}: {error}"


def normal(sentence):
    # Django quotes a name that is quoted already, and shows the engine's own words for some Python errors.
    return sentence.replace("''", "'").replace("'\"", "'").replace("\"'", "'").replace("\\'", "'")
