"""x"""
def test_all(export):
    copy, done = export()
    first = copy.files()
    print(copy.text("index.html"))
    print(copy.text("@ada/mnist/runs/index.html"))
    print(copy.text("@ada/mnist/runs/01JCQ3W3T9V0Q8X5H7ZK2M0001/index.html"))
    print(copy.text("@ada/mnist/board/index.html"))
    print(copy.text("embed/@ada/mnist/index.html"))
    print(copy.text("render/@ada/mnist/v/1.html"))
    print(copy.text("search.json"))
    print(copy.text("SHA256SUMS"))
    copy, done = export()
    print(done)
    second = copy.files()
    print([n for n in first.keys()|second.keys() if first.get(n)!=second.get(n)])
    assert 0
