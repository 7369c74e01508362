"""Task 4: from a base model and labelled feedback to a model of one's own."""

from ui.finetune_curve import show_curve
from ui.finetune_data import choose_data
from ui.finetune_keep import show_keep
from ui.finetune_record import note_trainings
from ui.finetune_restore import restore_form
from ui.finetune_results import show_results
from ui.finetune_run import predict, show_training
from ui.finetune_sentences import show_sentences
from ui.finetune_settings import choose_plan
from ui.guide import show_task_foot, show_task_head

show_task_head(
    "finetune",
    title="Task 4: Fine-tune a model",
    subtitle="Teach a base model your own labels, watch it learn, and see what that is worth on "
    "texts it has never seen.",
)
restore_form()
note_trainings()
splits = choose_data()
plan = choose_plan(splits) if splits is not None else None
predict()
training = show_training(splits, plan)
if training is not None:
    show_results(training)
    show_sentences(training)
    show_curve(training)
    show_keep(training)
show_task_foot("finetune")
