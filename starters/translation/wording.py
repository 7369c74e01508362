"""Fixed words of the sentences: links, openers, endings and English contractions."""

from __future__ import annotations

import re

_SHORT = {
    "do not": "don't",
    "does not": "doesn't",
    "did not": "didn't",
    "is not": "isn't",
    "are not": "aren't",
    "was not": "wasn't",
    "were not": "weren't",
    "will not": "won't",
    "would not": "wouldn't",
    "should not": "shouldn't",
    "could not": "couldn't",
    "has not": "hasn't",
    "have not": "haven't",
    "can not": "can't",
    "I am": "I'm",
    "you are": "you're",
    "we are": "we're",
    "they are": "they're",
    "he is": "he's",
    "she is": "she's",
    "it is": "it's",
    "that is": "that's",
    "I will": "I'll",
    "you will": "you'll",
    "he will": "he'll",
    "she will": "she'll",
    "we will": "we'll",
    "they will": "they'll",
    "I would like": "I'd like",
    "we would like": "we'd like",
}
_CONTRACTED = re.compile(r"\b(" + "|".join(sorted(_SHORT, key=len, reverse=True)) + r")\b")
LINKS = (("and", "et"), ("but", "mais"), ("because", "parce que"), ("so", "donc"))
REASONS = (("because", "parce que"), ("but", "mais"))
SAYINGS = (
    ("I think that", "je pense que"),
    ("I know that", "je sais que"),
    ("we know that", "nous savons que"),
    ("he says that", "il dit que"),
    ("she says that", "elle dit que"),
    ("my teacher says that", "mon professeur dit que"),
    ("I believe that", "je crois que"),
    ("I am sure that", "je suis sûr que"),
    ("it is true that", "il est vrai que"),
    ("do you know that", "est-ce que vous savez que"),
)
HOPES = (("I hope that", "j'espère que"), ("we hope that", "nous espérons que"))
WORDS = (
    ("where", "où"),
    ("when", "quand"),
    ("why", "pourquoi"),
)
OPENERS = (
    ("unfortunately,", "malheureusement,"),
    ("fortunately,", "heureusement,"),
    ("of course,", "bien sûr,"),
    ("luckily,", "par chance,"),
    ("finally,", "finalement,"),
    ("yes,", "oui,"),
    ("no,", "non,"),
    ("well,", "eh bien,"),
)
SHORT_ENDINGS = (
    ("Thank you.", "Merci."),
    ("It is great.", "C'est super."),
    ("I am sorry.", "Je suis désolé."),
    ("See you soon.", "À bientôt."),
    ("That is all.", "C'est tout."),
    ("It is important.", "C'est important."),
    ("What about you?", "Et vous ?"),
    ("It is not easy.", "Ce n'est pas facile."),
    ("I am very happy.", "Je suis très heureux."),
    ("What do you think?", "Qu'est-ce que vous en pensez ?"),
    ("It is true.", "C'est vrai."),
    ("No problem.", "Pas de problème."),
    ("Do you agree?", "Est-ce que vous êtes d'accord ?"),
)
ASKED = {"present", "continuous", "past", "future", "going", "can", "want", "must", "should"}
WEATHER = (
    ("it rains", "il pleut"),
    ("it snows", "il neige"),
    ("it is cold", "il fait froid"),
    ("it is hot", "il fait chaud"),
    ("the weather is nice", "il fait beau"),
)
PREPOSITIONS = (
    ("on", "sur", "home"),
    ("under", "sous", "home"),
    ("next to", "à côté de", "home"),
    ("behind", "derrière", "home"),
    ("in", "dans", "container"),
    ("in", "dans", "vehicle"),
    ("behind", "derrière", "place"),
    ("near", "près de", "place"),
    ("in front of", "devant", "place"),
    ("next to", "à côté de", "opening"),
    ("in front of", "devant", "opening"),
)
LOCATED = ("animal", "item", "device", "text", "clothes")


def shorten(english: str) -> str:
    """Return `english` with "I am" as "I'm", "do not" as "don't" and so on."""
    return _CONTRACTED.sub(lambda found: _SHORT[found[1]], english)
