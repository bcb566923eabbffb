"""E-DPO beside TRL's DPOTrainer: `python -m sage_inspect.benchmarks.edpo [--rounds 5] [--questions 24] [--threads 1]`.

The same model, the same two pairs a question, the same optimiser, one question a step, in turns, each run in a process
of its own on the same threads. Time is that of `train()` over one epoch: it holds the images' decoding, E-DPO's choice
of a way to share and its pass for the reference, and TRL's reference model, which runs beside the policy. The loss is
compared step by step (E-DPO with eta = 0 and without its auxiliaries is TRL's objective); memory is what a run needed
above the loaded policy. Processor time is told beside wall time for machines that others use too. The two pairs use
four answers, the most there can be: with fewer, E-DPO shares more.

Cases: `nano`, the shipped weights and prompts of their usual length; `llava`, a random LLaVA whose vision tower is
larger than its language model (two images of 224 px, 392 image tokens).
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import types
from pathlib import Path
from typing import Any

CASES = ("nano", "llava")
SIDES = ("edpo", "trl")
FACTS = (
    "[F1] An open is a trace that is broken: the current cannot pass. [curated]",
    "[F2] A spur is copper that sticks out of an edge and ends in the open. [curated]",
    "[F3] A nick of less than a quarter of the trace's width is permitted. [expert]",
    "[F4] Where two traces are joined by copper, the board must be rejected. [curated]",
)
ANSWERS = (
    ("True. The trace at the top left is broken [R1], which is an open [F1].", 5.0),
    ("True. The trace at the top left is nicked [R1], which is permitted [F3].", 3.33),
    ("True. There is something at the bottom right [R1], a spur [F2].", 2.67),
    ("False. The trace agrees with the reference, no defect is seen.", 1.0),
)


def write_case(case: str, folder: Path, count: int) -> None:
    """Model (`model/`), images and `questions.jsonl` of a case."""
    from ..finetune.world.boards.crops import draw_crops
    from ..models.folder import NANO
    from ..models.pairing import pair_images

    folder.mkdir(parents=True)
    _write_nano(folder / "model", NANO) if case == "nano" else _write_llava(folder / "model", NANO)
    lines = []
    for i, crop in zip(range(count), draw_crops(7), strict=False):
        from PIL import Image

        images = pair_images(Image.fromarray(crop.test), Image.fromarray(crop.reference), 96)
        for name, image in zip("ab", images, strict=True):
            (image if case == "nano" else image.resize((640, 480))).save(folder / f"{i}{name}.png")
        facts = "\n".join(FACTS[: 2 + i % 3])
        line = {
            "id": f"q{i}",
            "images": [f"{i}a.png", f"{i}b.png"],
            "prompt": f"Facts about this object:\n{facts}\nIs there a defect in the test image? Answer True or False "
            "and give the reason.",
            "answers": [{"text": text, "score": score} for text, score in ANSWERS],
        }
        lines.append(json.dumps(line))
    (folder / "questions.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_nano(out: Path, nano: Path) -> None:
    shutil.copytree(nano, out)
    # Both sides get composites made beforehand, so that they do the same work.
    (out / "sage.json").write_text("{}", encoding="utf-8")


def _write_llava(out: Path, nano: Path) -> None:
    import torch
    import transformers as tf

    torch.manual_seed(0)
    words = tf.AutoTokenizer.from_pretrained(nano)
    config = tf.LlavaConfig(
        vision_config={
            "model_type": "clip_vision_model", "hidden_size": 384, "intermediate_size": 1536, "num_hidden_layers": 8,
            "num_attention_heads": 6, "image_size": 224, "patch_size": 16,
        },
        text_config={
            "model_type": "llama", "hidden_size": 256, "intermediate_size": 704, "num_hidden_layers": 6,
            "num_attention_heads": 4, "num_key_value_heads": 4, "max_position_embeddings": 2048, "vocab_size": 2560,
            "pad_token_id": 0, "eos_token_id": 1, "bos_token_id": None,
        },
        image_token_index=2,
        vision_feature_layer=-1,
    )  # fmt: skip
    tf.LlavaForConditionalGeneration(config).save_pretrained(out)
    images = tf.AutoProcessor.from_pretrained(nano).image_processor
    images.size, images.crop_size = {"height": 224, "width": 224}, {"height": 224, "width": 224}
    processor = tf.LlavaProcessor(
        images, words, patch_size=16, vision_feature_select_strategy="default", num_additional_image_tokens=1,
        chat_template=(nano / "chat_template.jinja").read_text(encoding="utf-8"),
    )  # fmt: skip
    processor.save_pretrained(out)


def run_side(side: str, folder: Path, threads: int) -> dict[str, Any]:
    """One epoch of one side, in this process: seconds, losses by step, MiB above the loaded policy."""
    os.environ |= {"CI": "1", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    import torch
    import trl  # noqa: F401 - both sides import the same, so that memory compares
    from transformers import AutoModelForImageTextToText, AutoProcessor

    from ..finetune.edpo.trainer import EDPOConfig, freeze
    from ..finetune.encoder import Encoder

    torch.set_num_threads(threads)
    model = AutoModelForImageTextToText.from_pretrained(folder / "model", dtype=torch.float32)
    processor = AutoProcessor.from_pretrained(folder / "model")
    freeze(model)
    encoder = Encoder(processor, limit=2048)
    questions = EDPOConfig(output_dir=str(folder / "out"), report_to="none").read([folder / "questions.jsonl"]).items
    common = {
        "output_dir": str(folder / f"out-{side}-{os.getpid()}"),
        "num_train_epochs": 1,
        "learning_rate": 2e-5,
        "logging_steps": 1,
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
        "bf16": False,
        "gradient_checkpointing": False,
        "train_sampling_strategy": "sequential",
        "dataloader_pin_memory": False,
    }
    before = _reset_peak()
    trainer = _edpo(model, encoder, questions, common) if side == "edpo" else _trl(model, encoder, questions, common)
    began, busy = time.perf_counter(), time.process_time()
    trainer.train()
    taken, busy = time.perf_counter() - began, time.process_time() - busy
    losses = [line["loss"] for line in trainer.state.log_history if "loss" in line]
    told = {"seconds": taken, "busy": busy, "losses": losses, "peak": _peak() - before}
    told["sharing"] = getattr(trainer, "sharing", "")
    lengths = encoder.check(questions)
    answers = [len(encoder.answer(text)) for q in questions for text in q.answers]
    told["prompt"] = statistics.mean(lengths) - max(answers)
    told["answer"] = statistics.mean(answers)
    return told


def _edpo(model: Any, encoder: Any, questions: list[Any], common: dict[str, Any]) -> Any:
    from ..finetune.edpo.trainer import EDPOConfig, EDPOTrainer

    args = EDPOConfig(
        **common, per_device_train_batch_size=1, per_device_eval_batch_size=1,
        eta=0.0, preference_weight=1.0, bco_weight=0.0, sft_weight=0.0,
    )  # fmt: skip
    return EDPOTrainer(model, args, questions, encoder)


def _trl(model: Any, encoder: Any, questions: list[Any], common: dict[str, Any]) -> Any:
    from datasets import Dataset, Features, Image, List, Value
    from trl import DPOConfig, DPOTrainer

    reference = copy.deepcopy(model)
    # TRL trains batch statistics of a frozen tower along, so that its policy would not be its reference at step 0.
    tower = model.get_encoder("image")
    tower.train = types.MethodType(lambda self, mode=True: self, tower)
    tower.eval()
    rows = []
    for question in questions:
        prompt = encoder.prompt(question, question.images)
        for pair in question.pairs:
            chosen, rejected = (
                encoder.prompter.harmless(question.answers[i]) + "<eos>" for i in (pair.winner, pair.loser)
            )
            images = [str(path) for path in question.images]
            rows.append({"images": images, "prompt": prompt, "chosen": chosen, "rejected": rejected})
    text = Value("string")
    data = Dataset.from_list(
        rows, features=Features({"images": List(Image()), "prompt": text, "chosen": text, "rejected": text})
    )
    args = DPOConfig(**common, per_device_train_batch_size=2, max_length=None, beta=0.1, loss_type=["sigmoid"])
    return DPOTrainer(model, reference, args, train_dataset=data, processing_class=encoder.processor)


def _reset_peak() -> float:
    """Forget the process's memory peak where the system can; MiB resident now."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return _peak()


def _peak() -> float:
    try:
        line = next(x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def compare(case: str, rounds: int, questions: int, threads: int) -> None:
    """Run both sides in turns and print a case's rows."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / case
        write_case(case, folder, questions)
        told: dict[str, list[dict[str, Any]]] = {side: [] for side in SIDES}
        for i in range(rounds):
            for side in SIDES if i % 2 == 0 else SIDES[::-1]:
                words = [sys.executable, "-m", "sage_inspect.benchmarks.edpo", "--side", side, "--folder", str(folder)]
                environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
                done = subprocess.run(
                    [*words, "--threads", str(threads)], check=True, capture_output=True, text=True, env=environment
                )
                told[side].append(json.loads(done.stdout.strip().splitlines()[-1]))
        ratios = {
            name: [t[name] / e[name] for e, t in zip(told["edpo"], told["trl"], strict=True)]
            for name in ("seconds", "busy")
        }
        off = max(
            abs(a - b)
            for e, t in zip(told["edpo"], told["trl"], strict=True)
            for a, b in zip(e["losses"], t["losses"], strict=True)
        )
        first = told["edpo"][0]
        print(
            f"\n{case}: prompt {first['prompt']:.0f} tokens, answers {first['answer']:.0f}, {first['sharing']}, "
            f"{threads} thread(s), {rounds} rounds of {questions} questions"
        )
        for side in SIDES:
            seconds, busy = (statistics.median(run[k] for run in told[side]) / questions for k in ("seconds", "busy"))
            peak = statistics.median(run["peak"] for run in told[side])
            print(
                f"  {side:<6} {1000 * seconds:8.0f} ms a question ({1000 * busy:.0f} ms of processor time)"
                f"   {peak:8.0f} MiB above the policy"
            )
        for name, what in (("seconds", "wall time"), ("busy", "processor time")):
            found = ratios[name]
            print(
                f"  TRL / E-DPO, {what}: median {statistics.median(found):.2f} x ({min(found):.2f} to {max(found):.2f})"
            )
        print(f"  largest difference of the loss over {len(first['losses'])} steps: {off:.1e}", flush=True)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", choices=CASES, action="append")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--questions", type=int, default=24)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.side:
        print(json.dumps(run_side(args.side, args.folder, args.threads)))
        return
    for case in args.case or CASES:
        compare(case, args.rounds, args.questions, args.threads)


if __name__ == "__main__":
    main()
