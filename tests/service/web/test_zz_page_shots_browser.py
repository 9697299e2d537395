from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from ulid import ULID
import pytest
from support.signed_in import sign_in
from mlabs_ext.wire import community as w
from axe_playwright_python.sync_playwright import Axe
from service.web.test_accessibility_browser import RULES
pytestmark = pytest.mark.browser
NOW = datetime.now(UTC)
def job(n, status, epoch, loss, reason=None):
    layers=[w.Dense(16*(1+n%2),"relu","heNormal",0)]*(1+n//6)
    scores=[w.JobScore(e, loss*(1+3/e), min(1,0.95-loss/3-1/e), loss*(1+2/e)) for e in range(5,epoch+1,5)]
    slices=[w.JobSlice(e-5,e,"accepted",["brisk-otter","calm-heron","wise-badger"][(n+e)%3],NOW-timedelta(seconds=600-e*8-n*20),NOW-timedelta(seconds=600-e*8-n*20-30),30.2,e==10 and n==1,None) for e in range(5,epoch+1,5)]
    if status=="running": slices.append(w.JobSlice(epoch,epoch+5,"live","brisk-otter",NOW-timedelta(seconds=20),None,None,False,None))
    return w.Job(str(ULID()),"s",status,epoch,60,1,500,layers,w.NetworkOutput(3,"softmax"),w.TrainingOptions("adam",[0.003,0.01,0.03][n%3],16,60),scores,scores[-1] if scores else None,NOW,slices,NOW,NOW if status in("succeeded","stopped","failed") else None,reason,{"code":"diverged","message":"The loss is no number any more."} if status=="failed" else None)
JOBS=[job(n,["succeeded","succeeded","stopped","running","checking","queued","failed","queued","succeeded","stopped","running","queued"][n],[60,60,15,25,30,0,10,0,60,15,5,0][n],[0.2,0.3,0.5,0.25,0.28,1,2,1,0.22,0.6,0.5,1][n],"halving" if n in(2,9) else ("rung" if n==7 else None)) for n in range(12)]
SEARCH=w.Search(str(ULID()),"ada","Iris: which species","running",NOW-timedelta(minutes=10),None,5,w.Halving([15,30]),JOBS)
EMPTY=w.Search(str(ULID()),"ada","Penguins: which species","running",NOW-timedelta(minutes=1),None,5,None,[job(5,"queued",0,1)])
POOL=w.Community(True,False,[w.CommunityWorker("brisk-otter","tab","wasm",NOW,True,4),w.CommunityWorker("calm-heron","machine","cpu",NOW-timedelta(hours=3),False,40)],5,3,12,45000.0)
class Fake:
    def __init__(s): s.overview=s; s.searches=s; s.switch=s
    def now(s): return POOL
    def open(s): return True
    def mine(s,v,n): return [SEARCH,EMPTY],None
    def get(s,v,i): return SEARCH if i==SEARCH.id else EMPTY
@pytest.fixture
def fake(site):
    site.service.pooling=Fake(); return site
def test_shots(fake, browser):
    import os; os.makedirs("/tmp/page_shots",exist_ok=True)
    for who in ("admin",):
        for theme in ("light","dark"):
            for width in (390,1280,1920):
                c=browser.new_context(viewport={"width":width,"height":900},color_scheme=theme)
                sign_in(c,fake.session(who)); p=c.new_page()
                p.on("console",lambda m: print(m.text)); p.on("pageerror",lambda e: print(e))
                import msgspec
                p.route("**/api/v1/community",lambda r: r.fulfill(body=msgspec.json.encode(POOL),content_type="application/json"))
                p.route("**/api/v1/searches/*",lambda r: r.fulfill(body=msgspec.json.encode(SEARCH if SEARCH.id in r.request.url else EMPTY),content_type="application/json"))
                for name,path in (("pool","community"),("search",f"community/searches/{SEARCH.id}"),("empty",f"community/searches/{EMPTY.id}")):
                    p.goto(f"{fake.url}{path}"); p.wait_for_load_state("networkidle")
                    if name=="pool" and theme=="light":
                        p.click("[data-start]"); p.wait_for_timeout(300)
                        if width==390:
                            p.wait_for_timeout(3000)
                            p.click("[data-log] summary")
                    p.screenshot(path=f"/tmp/page_shots/{name}-{theme}-{width}.png",full_page=True)
                    print(name,theme,width,p.evaluate("document.documentElement.scrollWidth <= innerWidth"))
                    found=Axe().run(p,options={**RULES,"resultTypes":["violations"]}).response["violations"]
                    for each in found: print("AXE",each["id"],each["impact"],each["nodes"][0]["html"][:200],each["nodes"][0]["failureSummary"][:200])
                c.close()
