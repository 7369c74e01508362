"""What the lab knows of each task: its name for people, its examples, its sensible settings."""

from __future__ import annotations

from dataclasses import dataclass

from core.inference.types import GenerationConfig, Task


@dataclass(frozen=True)
class TaskInfo:
    """How a task is presented; `examples` are inputs to begin with, by short label.

    `references` are good answers to them, in their order, where such can be told. Where a model
    does not write, but gives one answer at once, the choice of tokens has no settings and there is
    no speed of writing to compare.
    """

    label: str
    input_label: str
    examples: tuple[tuple[str, str], ...]
    config: GenerationConfig
    writes: bool = True
    references: tuple[str, ...] = ()

    def reference_of(self, text: str) -> str:
        """Return the good answer to `text` if that is one of the examples, or ""."""
        inputs = (example for _, example in self.examples)
        return dict(zip(inputs, self.references, strict=False)).get(text, "")


TASKS: dict[Task, TaskInfo] = {
    Task.TEXT_GENERATION: TaskInfo(
        label="Text generation",
        input_label="Beginning of a text",
        examples=(
            ("AI world", "Once upon a time in AI world,"),
            ("Village", "Once upon a time in a small village,"),
            ("Rainy morning", "One rainy morning,"),
        ),
        config=GenerationConfig(max_new_tokens=100, temperature=0.8, top_p=0.95),
    ),
    Task.SUMMARIZATION: TaskInfo(
        label="Summarization",
        input_label="Text to sum up",
        # From the starters' test split: documents that they were never trained on.
        examples=(
            (
                "Town news",
                "Many readers from Redford told us about it on Friday. It is decided: after "
                "midnight no street lamp will burn. Not everyone is happy about it. To help birds "
                "and insects is what the parks office of Redford had in mind. After a year the "
                "results will be looked at again.",
            ),
            (
                "A ferry",
                "In January, my son and I took the ferry from Fairhaven. My knees touched the seat "
                "in front. The wifi was just what I had hoped for. It was my father's birthday. On "
                "the way home we visited my sister. I was worried about the cleanliness at first, "
                "but everything was spotless. Overall, I am more than satisfied. I can recommend "
                "it to all my friends.",
            ),
            (
                "A rucksack",
                "Very happy with this rucksack! My mother and I bought the rucksack in a small "
                "shop in Fairhaven in May. All my things find room in its deep pockets, and the "
                "zip runs easily. My cousin had warned me about the delivery, yet I did not have "
                "to wait long for the parcel. Next time I will choose the same again.",
            ),
        ),
        references=(
            "In Redford the street lamps will go out after midnight, to protect birds and insects.",
            "The passenger praised the ferry's wifi and cleanliness, found little room for the "
            "knees, and would recommend it.",
            "The customer was happy with the rucksack, its pockets, its zip and the fast delivery, "
            "and would choose it again.",
        ),
        config=GenerationConfig(max_new_tokens=60),
    ),
    Task.TRANSLATION_EN_TO_FR: TaskInfo(
        label="Translation to French",
        input_label="English text",
        examples=(
            ("In a shop", "How much is the blue shirt?"),
            ("A product", "The new laptop is too expensive."),
            ("At school", "My sister reads a good book in the library."),
        ),
        references=(
            "Combien coûte la chemise bleue ?",
            "Le nouvel ordinateur portable est trop cher.",
            "Ma sœur lit un bon livre à la bibliothèque.",
        ),
        config=GenerationConfig(max_new_tokens=80),
    ),
    Task.FILL_MASK: TaskInfo(
        label="Fill in a word",
        input_label="Text with [MASK] in the place of one word",
        examples=(
            ("A battery", "The battery is [MASK]."),
            ("A delivery", "The parcel came two weeks [MASK], and nobody answered my letters."),
            ("A mixed review", "The sound is great, but the price is far too [MASK]."),
        ),
        config=GenerationConfig(max_new_tokens=1, alternatives=5),
        writes=False,
    ),
    Task.TEXT_CLASSIFICATION: TaskInfo(
        label="Sort texts",
        input_label="Text to sort",
        examples=(
            ("Delighted", "The coffee is hot and the machine is quiet. Love it!"),
            ("Disappointed", "It broke after two days and nobody answers."),
            ("Sarcastic", "Great, another update that deletes my tickets."),
            ("Mixed", "The app is quick, but the price went up twice this year."),
        ),
        config=GenerationConfig(max_new_tokens=1),
        writes=False,
    ),
}

WRITING = tuple(task for task, info in TASKS.items() if info.writes)
"""The tasks in which a model writes a text, token by token."""

COMPARED = (*WRITING, Task.TEXT_CLASSIFICATION)
"""The tasks in which models are compared side by side."""
