from __future__ import annotations
import os, random
import pytest
from pathlib import Path
from django.test import Client
from evaluation.models import Reference
from submissions.models import Job, ProgressChunk
from tests.evaluation.report.made_up import *
from tests.evaluation.report.validated import *
from tests.evaluation.scored import make_result, minutes_ago, reserved_team, store_output
from tests.factories import World, TeamFactory
from tests.submissions.play import job_result
from training_worker.contract.report import *
from training_worker.contract.wire import JobKind

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
OUT = Path("/tmp/shots")

def telemetry(submission, names):
    made = job_result().model_dump(mode="json")
    made["telemetry"] |= {"best_step": 150, "parameters_trained": 22_600_000, "parameters_total": 22_600_000, "seconds": {"prepare": 2.1, "train": 31.0, "predict": 4.0, "upload": .5}}
    job = submission.jobs.get()
    Job.objects.filter(pk=job.pk).update(result=made, stopped_by="epochs", attempt=1)
    pts = []
    for s in range(0, 160, 10):
        pts += [{"step": s, "name": "train_loss", "value": 1/(1+s/40)}, {"step": s, "name":"validation_loss","value":1.1/(1+s/50)}]
        for k, n in enumerate(names):
            pts.append({"step": s, "name": f"validation_{n}", "value": (1.5/(1+s/60)) if n in ("mse","mae") else .4+.3*s/150 - k*.05})
    ProgressChunk.objects.create(job=job, attempt=1, seq=1, points=pts, lines=[{"at":"2030-01-01T00:00:00Z","text":"Step 10: validation accuracy 0.5."}])

def big_class():
    text = ("A film that begins as a comedy of manners and ends, two hours later, as something darker; the last twenty minutes alone are worth the price of the ticket. " * 5)
    a = example("val-17", "negative", "positive", "negative", inputs={"text": text}, confidence=.981, target_confidence=.019)
    b = example("val-3", "positive", "negative", "positive", inputs={"text": "It never quite comes together."}, confidence=.87, target_confidence=.13)
    c = example("val-5", "positive", "positive", "negative", inputs={"text": "Lovely."}, confidence=.52, target_confidence=.52)
    return ValidationReport(items=1000, metrics=(MetricRow(name="accuracy", value=.8231, se=.0121, base=.7548), MetricRow(name="f1_macro", value=.8229, se=.0121, base=.7541)),
      labels=("negative","positive"), classes=(ClassRow(label="negative",precision=.81,recall=.83,f1=.82,support=500,base_f1=.75),ClassRow(label="positive",precision=.83,recall=.81,f1=.82,support=500,base_f1=.76)),
      confusion=((415,85,0),(92,408,0)), confusions=(Confusion(target="positive",predicted="negative",count=92),Confusion(target="negative",predicted="positive",count=85)),
      groups=(group(ExampleKind.CONFIDENT_ERROR,a,b,count=177),group(ExampleKind.UNCERTAIN,c,count=411),group(ExampleKind.CONFIDENT,c,count=412),group(ExampleKind.IMPROVED,c,count=150),group(ExampleKind.REGRESSED,a,count=81)))

def big_tags():
    words = "Looking forward to the Justin Bieber concert at Madison Square Garden in New York City next Friday with Sarah and the whole of Acme Corp ! #excited".split()
    t = ["O"]*len(words); p = ["O"]*len(words)
    for s,e,l in ((4,6,"person"),(8,11,"facility"),(12,15,"geo-loc"),(18,19,"person"),(23,25,"company")):
        t[s]="B-"+l
        for i in range(s+1,e): t[i]="I-"+l
    for s,e,l in ((4,6,"musicartist"),(8,11,"facility"),(12,14,"geo-loc"),(18,19,"person")):
        p[s]="B-"+l
        for i in range(s+1,e): p[i]="I-"+l
    a = example("val-12", t, p, ["O"]*len(words), inputs={"tokens": words}, error=5/len(words))
    b = example("val-40", t, t, p, inputs={"tokens": words}, error=0.0)
    c = example("val-41", t[:9], None, ["O"]*9, inputs={"tokens": words[:9]}, error=.6)
    types = ("company","facility","geo-loc","movie","musicartist","other","person","product","sportsteam","tvshow")
    return ValidationReport(items=240, metrics=(MetricRow(name="entity_f1",value=.4312,se=.0301,base=.0211),MetricRow(name="entity_precision",value=.5012,se=.0331,base=.0113),MetricRow(name="entity_recall",value=.3784,se=.0311,base=.0899),MetricRow(name="token_accuracy",value=.9512,se=.0041,base=.4421)),
       classes=tuple(ClassRow(label=x,precision=.5+i*.02,recall=.3+i*.03,f1=.4+i*.02,support=12+i,base_f1=.02*i) for i,x in enumerate(types)),
       groups=(group(ExampleKind.LARGEST_ERROR,a,c,count=101),group(ExampleKind.SMALLEST_ERROR,b,count=139),group(ExampleKind.IMPROVED,b,count=190),group(ExampleKind.REGRESSED,a,count=4)))

def big_numbers():
    r = random.Random(1)
    targets = [max(-4,min(4,r.gauss(0,1.8))) for _ in range(1000)]
    pts = tuple(Point(target=round(t,2), predicted=t*.7+r.gauss(0,.6)) for t in targets)
    a = example("val-12", -3.4, 1.2345, .02, inputs={"text":"So bad that it is nearly good again, and then it goes on for another hour."}, error=4.6345)
    b = example("val-13", 0.0, 0.0012, .02, inputs={"text":"A film."}, error=.0012)
    return ValidationReport(items=1200, metrics=(MetricRow(name="mse",value=1.0312,se=.0501,base=3.2011),MetricRow(name="mae",value=.7812,se=.0201,base=1.5011),MetricRow(name="r2",value=.6712,se=.0201,base=-.0211),MetricRow(name="pearson",value=.82,se=.0101,base=.11),MetricRow(name="spearman",value=.81,se=.0101,base=.12)),
       points=pts, groups=(group(ExampleKind.LARGEST_ERROR,a,count=600),group(ExampleKind.SMALLEST_ERROR,b,count=600),group(ExampleKind.IMPROVED,b,count=900),group(ExampleKind.REGRESSED,a,count=300)))

CASES = {"text": ("text-classification", big_class, ("accuracy","f1_macro")), "tokens": ("token-classification", big_tags, ("entity_f1","token_accuracy")), "numbers": ("text-regression", big_numbers, ("mse","spearman","mae"))}

@pytest.mark.parametrize("case", os.environ.get("CASES","text tokens numbers").split())
def test_shots(world: World, live_server, chromium, case):
    task, make, names = CASES[case]
    set_task(world, task)
    world.phase.display_step = .02 if case == "numbers" else .01
    world.phase.save()
    base, best = (3.2, 1.03) if case == "numbers" else (.75, .8231)
    make_result(world, team=None, public=base, kind=JobKind.BASE_SCORE)
    for m, f in ((50,1.3),(40,1.1),(30,1.15),(20,1.0)):
        make_result(world, team=world.rivals, public=best*f if case=="numbers" else best/f-.03, received_at=minutes_ago(m), se=.04)
    third = TeamFactory(hackathon=world.hackathon, name="Gradient Ascent")
    r3 = make_result(world, team=third, public=base*1.1 if case=="numbers" else .71, received_at=minutes_ago(15), se=.05)
    Job.objects.filter(pk=r3.job_id).update(compute_seconds=120)
    submission = validated(world, make())
    store_output(submission.jobs.get(), "README.md", b"# card")
    telemetry(submission, names)
    from evaluation.models import Result
    Result.objects.filter(job__submission=submission).update(public_score=best, public_se=.05)
    from evaluation.services.leaderboard import rebuild_leaderboard
    rebuild_leaderboard(phase=world.phase)
    client = Client(); client.force_login(world.captain)
    cookie = {"name":"sessionid","value":client.cookies["sessionid"].value,"url":live_server.url}
    pages = {"sub": f"/s/{submission.pk}/", "board": f"/c/{world.challenge.slug}/leaderboard/", "old": None}
    for width in (1280, 390):
        for theme in ("light","dark"):
            ctx = chromium.new_context(viewport={"width":width,"height":900}, color_scheme=theme, reduced_motion="reduce", locale="en-GB")
            ctx.add_cookies([cookie])
            for name, path in pages.items():
                if path is None: continue
                p = ctx.new_page(); p.goto(live_server.url+path); p.wait_for_timeout(900)
                if name == "sub":
                    for d in p.locator("details.examples").all(): d.evaluate("e => e.open = true")
                over = p.evaluate("document.documentElement.scrollWidth - innerWidth")
                print(case, name, width, theme, "overflow", over)
                p.screenshot(path=str(OUT/f"{case}-{name}-{width}-{theme}.png"), full_page=True)
                if name == "sub" and width == 390:
                    for i, y in enumerate((0, 1300, 2600)):
                        p.screenshot(path=str(OUT/f"{case}-{name}-{width}-{theme}-{i}.png"), full_page=True, clip={"x":0,"y":y,"width":390,"height":1300})
                if name == "sub" and width == 1280:
                    p.screenshot(path=str(OUT/f"{case}-{name}-{width}-{theme}-top.png"), full_page=True, clip={"x":0,"y":150,"width":1280,"height":1300})
                p.close()
            ctx.close()
