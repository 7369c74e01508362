"""What the cards say of each architecture, task and measure."""

from __future__ import annotations

ORIGINAL = {"t5": "T5", "gpt2": "GPT-2", "bert": "BERT"}
PAPER = {
    "t5": "[T5](https://huggingface.co/papers/1910.10683) (Raffel et al., 2019)",
    "gpt2": "[GPT-2](https://huggingface.co/openai-community/gpt2) (Radford et al., 2019)",
    "bert": "[BERT](https://huggingface.co/papers/1810.04805) (Devlin et al., 2018)",
}
METRIC_TYPE = {
    "chrF": "chrf",
    "ROUGE-L": "rouge",
    "sound stories": "sound_stories",
    "masked tokens": "accuracy",
}
METRIC_MEANING = {
    "chrF": "chrF (sacrebleu, `corpus_chrf`), 0 to 100: overlap of letters with the reference",
    "ROUGE-L": "ROUGE-L F (rouge_score, stemmed, mean), 0 to 100: words in common with the "
    "reference, in order",
    "sound stories": "sound stories, %: sampled stories (temperature 0.8, top_p 0.95) that end by "
    "themselves and in which `starters.stories.check` finds no problem",
    "masked tokens": "masked tokens found, %: 15 % of each half of a text are hidden at once, as "
    "whole words",
}
DATA = {
    "translation": (
        "English sentences with their French, made by a small grammar and lexicon that this "
        "project wrote (`starters/translation/`). In this French, *you* is always *vous*, and *I*, "
        "*you*, *we* and *they* are masculine."
    ),
    "summarization": (
        "short news reports and customer reviews with a summary of one sentence, put together "
        "from building blocks that this project wrote (`starters/summaries/`)."
    ),
    "text-generation": (
        "little stories put together from plots and worlds that this project wrote "
        "(`starters/stories/`)."
    ),
    "fill-mask": (
        "remarks on some fifty things and services, customer feedback, news reports and little "
        "stories, written for this project or put together from its building blocks "
        "(`starters/opinions/`, `starters/feedback/`, `starters/summaries/`, `starters/stories/`). "
        "No label is in them, but remarks were put together with others of their mood, as people "
        "write them; nothing of the validation and test splits of the feedback set is among them. "
        "A remark stands in many texts: what is held out for the figures below is put together "
        "anew from the same remarks."
    ),
}
LIMITS = {
    "translation": (
        "It knows the words and sentence patterns of its grammar. Sentences about anything else "
        "come out as wrong or broken French, spelled with confidence. It knows no politics, no "
        "science, no idioms that its lexicon lacks, no informal *tu*. Unknown names and larger "
        "numbers are often lost. It takes one short text at a time."
    ),
    "summarization": (
        "It has read nothing but reviews and local news of 3 to 8 sentences. Given any other text "
        "it still writes a sentence of one of those kinds, often with facts that the text does not "
        "hold. Read that as a lesson in hallucination, not as a summary."
    ),
    "text-generation": (
        "It knows a few worlds, a few plots and no facts. It answers no questions and follows no "
        "instructions; a prompt that is no beginning of a story is continued like one, or falls "
        "apart. Prompt and story together are at most 256 tokens."
    ),
    "fill-mask": (
        "It knows how customers, small towns and fairy tales talk, and no facts. In any other text "
        "it puts a word that would fit there. It is small-letters only, English only, and reads at "
        "most 128 tokens. It writes no text; it is there to be fine-tuned."
    ),
}
