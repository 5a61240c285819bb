"""Translates the SAM templates of this folder as CloudFormation would.

pip install aws-sam-translator pyyaml; AWS_DEFAULT_REGION=us-east-1 python3 translate.py
"""
import glob, json
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


class Policies:
    def load(self):
        return {}


for name in sorted(glob.glob("*.yaml")):
    with open(name) as f, open(name[:-5] + ".json", "w") as out:
        json.dump(transform(yaml_parse(f.read()), {}, Policies()), out, indent=1)
        out.write("\n")
