import pandas
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

data = load_iris(as_frame=True)
assert isinstance(data.frame, pandas.DataFrame)
print(LogisticRegression(max_iter=500).fit(data.data, data.target).score(data.data, data.target) > 0.9)
