#!/usr/bin/env python3
"""Writes data/*.csv and data/digits_scores.json. Run by ./dev data (scikit-learn in build/venv).

The data sets are scikit-learn's copies. The two predictions files hold the probabilities that a
logistic regression and a random forest, fitted on the first half of the digits, give the second
half. Fixed seeds and one thread: the same versions write the same bytes.
"""
import csv
import json
import pathlib

import numpy
import scipy
import sklearn
from sklearn.datasets import load_digits, load_iris, load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss

DATA = pathlib.Path(__file__).resolve().parent.parent / "data"


def number(value):
    """The shortest text that reads back as the same double; whole numbers without a point."""
    value = float(value)
    return str(int(value)) if value.is_integer() else repr(value)


def write(name, header, rows):
    with open(DATA / name, "w", newline="", encoding="ascii") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def column(name):
    """'sepal length (cm)' -> 'sepal_length_cm'; 'od280/od315_of_diluted_wines' keeps its slash."""
    return name.replace(" (", "_").replace(")", "").replace(" ", "_")


def write_set(name, data, labels):
    names = [column(n) for n in data.feature_names] + ["label"]
    rows = ([number(v) for v in row] + [label] for row, label in zip(data.data, labels))
    write(name, names, rows)


def predict(name, model, x, y, half):
    model.fit(x[:half], y[:half])
    p = model.predict_proba(x[half:])
    truth = y[half:]
    write(name, ["row", "label"] + [f"p_{k}" for k in range(p.shape[1])],
          ([half + i, int(t)] + [number(v) for v in row]
           for i, (t, row) in enumerate(zip(truth, p))))
    p_true = p[numpy.arange(len(truth)), truth]
    return {
        "model": repr(model).replace("\n", " "),
        "rows": len(truth),
        "log_loss": float(log_loss(truth, p)),
        "accuracy": float(accuracy_score(truth, p.argmax(axis=1))),
        "zero_rows": int((p_true == 0).sum()),
        "log_loss_of_the_other_rows": float(-numpy.log(p_true[p_true > 0]).mean()),
    }


def main():
    DATA.mkdir(exist_ok=True)
    iris, wine, digits = load_iris(), load_wine(), load_digits()
    write_set("iris.csv", iris, [int(t) for t in iris.target])
    write_set("wine.csv", wine, [int(t) for t in wine.target])
    write_set("digits.csv", digits, [int(t) for t in digits.target])

    x, y = digits.data / 16, digits.target
    half = len(y) // 2
    scores = {
        "versions": {"scikit-learn": sklearn.__version__, "numpy": numpy.__version__,
                     "scipy": scipy.__version__},
        "digits_logreg.csv": predict("digits_logreg.csv", LogisticRegression(max_iter=10000),
                                     x, y, half),
        "digits_forest.csv": predict("digits_forest.csv",
                                     RandomForestClassifier(n_estimators=10, random_state=0),
                                     x, y, half),
    }
    (DATA / "digits_scores.json").write_text(json.dumps(scores, indent=2) + "\n")


if __name__ == "__main__":
    main()
