"""What a good model card says: each topic, why it matters, and how to tell that it is there."""

from __future__ import annotations

import re
from dataclasses import dataclass

Words = tuple[re.Pattern[str], ...]


@dataclass(frozen=True)
class Topic:
    """One thing to say; a sentence says it when every pattern of one of `sentences` is in it."""

    name: str
    why: str
    heading: re.Pattern[str]
    metadata: tuple[str, ...] = ()
    sentences: tuple[Words, ...] = ()


def _topic(
    name: str,
    why: str,
    *,
    heading: str,
    metadata: tuple[str, ...] = (),
    sentences: tuple[tuple[str, ...], ...] = (),
) -> Topic:
    patterns = tuple(tuple(re.compile(word) for word in words) for words in sentences)
    return Topic(name, why, re.compile(heading, re.IGNORECASE), metadata, patterns)


# Traces of a model that was made from another one.
DERIVED = re.compile(
    r"fine-?tun|quanti[sz]|gptq|\bawq|\blora\b|adapter|\bpeft\b|distil|\bmerge|-instruct|-chat|-sft|-dpo"
)

_LANGUAGES = (
    r"\b(?:english|french|german|spanish|italian|portuguese|dutch|chinese|japanese|korean|arabic|"
    r"hindi|russian|turkish|polish|swedish|vietnamese|indonesian|multilingual|monolingual)\b"
)
_DATA = (
    r"\b(?:data|datasets?|corpus|corpora|wikipedia|common ?crawl|tokens|texts?|books|pages|images|"
    r"hours|articles|examples|pairs|stories|sentences)\b"
)

TOPICS = (
    _topic(
        "licence",
        "Without a licence nobody has permission to use, change or share the model.",
        heading=r"licen[cs]e|licensing|terms of use",
        metadata=("license",),
        sentences=(
            (r"\blicen[cs]ed? (?:under|as|is)|\b(?:under|with) (?:the|an?) .{0,60}licen[cs]e",),
        ),
    ),
    _topic(
        "training data",
        "A model repeats what its data hold: who does not know them cannot judge its errors, its "
        "bias or whose work it learned from.",
        heading=r"(?:training|pre-?training|fine-?tuning) (?:and evaluation )?(?:data|corpus|set)"
        r"|^data(?:sets?)?\b|\bdata(?:sets?)? (?:and|sources|used|card)|corpus",
        metadata=("datasets",),
        sentences=(
            (r"train(?:ed|ing)", r"\b(?:on|from|with|using|saw)\b", _DATA),
            (
                r"train(?:ed|ing) (?:data|set|corpus)",
                r"\b(?:is|are|was|were|consists?|contains?)\b",
            ),
        ),
    ),
    _topic(
        "languages",
        "A model answers badly, and without a warning, in languages that it did not learn.",
        heading=r"\blanguages?\b(?! model)",
        metadata=("language",),
        sentences=((_LANGUAGES,), (r"\bmultilingual\b|\b\d+ languages\b",)),
    ),
    _topic(
        "intended use",
        "Only the authors know what they built and tried it for; anything else is untested.",
        heading=r"\bintended|\buses\b|\bdirect use|use[- ]cases?|applications?\b|purpose"
        r"|\buse and\b|what (?:it|this|the model) is for|\bscope\b",
        sentences=(
            (r"\b(?:intended|meant|designed|suitable|aimed|built) (?:for|to|as|at|use)\b",),
            (r"\bintended use|\buse cases?\b",),
            (r"you can use (?:the|this) (?:raw )?model",),
            (r"\bit is there (?:so|to|for)\b",),
        ),
    ),
    _topic(
        "limitations or bias",
        "Every model fails somewhere; who is not told where finds out at somebody's cost.",
        heading=r"limit|\bbias|\brisks?\b|out[- ]of[- ]scope|caveat|ethic|safety|cannot"
        r"|known issues|warning|disclaimer|responsib|misuse",
        sentences=(
            (r"\blimitations?\b",),
            (r"\bbias(?:es|ed)?\b", r"\b(?:model|output|predictions?|data|generat\w+)\b"),
            (r"\b(?:should|must|may) not be used\b|\bnot (?:suitable|intended|recommended) for\b",),
            (
                r"\b(?:may|can|might|will)\b",
                r"\b(?:incorrect|inaccurate|harmful|offensive|wrong)\b",
            ),
            (r"hallucinat",),
        ),
    ),
    _topic(
        "evaluation",
        "Without measured results nobody can tell whether it is any good, or better than another.",
        heading=r"evaluat(?!ion data)|results?\b|benchmark|performance|measured|metrics|accuracy"
        r"|scores?\b",
        metadata=("model-index", "eval_results"),
        sentences=(
            (
                r"\b(?:accuracy|f1|bleu|chrf|rouge\w*|wer|perplexity|mmlu|exact match|loss)\b",
                r"\d",
            ),
        ),
    ),
    _topic(
        "how it was trained",
        "Nobody can repeat, check or improve a training that is not described.",
        heading=r"train(?:ing|ed)(?! (?:data|set|corpus|and evaluation data))|hyper-?parameters"
        r"|fine-?tuning(?! data)|pre-?training(?! data)|procedure",
        sentences=(
            (
                r"learning rate|\bepochs?\b|batch size|optimi[sz]er|training steps"
                r"|\b(?:gpus?|tpus?)\b",
                r"train|pre-?train|fine-?tun|\d",
            ),
            (r"\btrained\b", r"\bobjective|\bloss\b|language modell?ing|self-supervised|distill"),
            (r"\bdistill(?:ed|ation)\b", r"teacher|student|from"),
        ),
    ),
    _topic(
        "base model",
        "It was made from another model, whose licence, data and faults it carries on.",
        heading=r"base model|parent model|finetuned from|fine-tuned from|original model",
        metadata=("base_model",),
        sentences=(
            (
                r"fine-?tun\w*|finetun\w*|quanti[sz]ed|distill?ed|merge|adapter|based on",
                r"\]\(|`|/",
            ),
            (r"(?:fine-?tuned|quanti[sz]ed|distilled|compressed) (?:version|variant|from)",),
        ),
    ),
    _topic(
        "authors or contact",
        "Somebody has to answer for a model, and to hear of its faults.",
        heading=r"author|contact|citation|\bcite\b|citing|developed by|credit|acknowledg|\bteam\b"
        r"|about us|maintain",
        sentences=(
            (
                r"\b(?:developed|created|trained|made|built|released|introduced|written|proposed|"
                r"maintained|published)\b",
                r"\bby\b|\bin\b .{0,40}paper",
            ),
            (r"\bauthors?\b|\bcontact\b|developers?:",),
            (r"[\w.-]+@[\w-]+\.\w",),
            (r"\bwe (?:introduce|present|release|train)",),
        ),
    ),
    _topic(
        "energy or carbon",
        "Training costs electricity and carbon; who does not say how much leaves others to guess.",
        heading=r"environment|carbon|\bco2|energy|footprint|emission",
        metadata=("co2_eq_emissions",),
        sentences=((r"\bco ?2|co₂|carbon|\bkwh\b|\bmwh\b|emission|gpu[- ]hours", r"\d"),),
    ),
)
