"""Opens the bundled encoder as `SentenceTransformer(…, backend="onnx")`: `python onnx_backend.py PYTHON [FOLDER]`.

optimum-onnx, by which sentence-transformers opens ONNX models, wants older versions of transformers and of the hub's
client than the assistant's own environment has. PYTHON is the interpreter of an environment for it alone; what it
makes of thirty texts is compared here with the vectors of `BundledEncoder`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from assistant.embedding import BundledEncoder, bundled

LEAST = 0.999
TEXTS = (
    *("怎么注销账号？", "你们会把我的手机号给别人吗", "订单记录保存多久？", "可以不给定位权限吗", "小孩能用吗"),
    *(
        "我们会收集您的手机号码，用于注册和登录。",
        "您可以在“设置—账号与安全”中注销账号。",
        "订单信息自交易完成之日起保存三年。",
    ),
    *(
        "未经您的同意，我们不会与第三方共享您的个人信息。",
        "未满十四周岁的，应取得监护人的同意。",
        "如有疑问，请联系客服：400-000-0000。",
    ),
    *(
        "一、我们如何使用Cookie",
        "（二）设备信息：IMEI、Android ID、MAC地址",
        "我們會蒐集您的位置資訊。",
        "第三方ＳＤＫ名称：某某推送",
    ),
    *("How do I delete my account?", "Who gets my phone number?", "How long are orders kept?", "Can children use it?"),
    *(
        "can I say no to location tracking",
        "We collect your phone number when you register.",
        "Orders are kept for three years.",
    ),
    *(
        "You may withdraw your consent at any time in the settings.",
        "We do not sell personal information.",
        "Contact us",
    ),
    *("Minors need the consent of a guardian.", "IP address, device model and operating system", "cookies", "42", "🙂"),
)

OPEN = """
import json, sys
from sentence_transformers import SentenceTransformer, __version__
import transformers
folder, texts = json.load(sys.stdin)
model = SentenceTransformer(folder, backend="onnx", device="cpu", local_files_only=True)
rows = {role: [model.encode(texts, prompt_name=role, batch_size=size).tolist() for size in (1, 32)]
        for role in ("query", "passage")}
json.dump([f"sentence-transformers {__version__}, transformers {transformers.__version__}", rows], sys.stdout)
"""


def main(python: str, folder: Path) -> int:
    """Print the least cosine, text by text and in a batch, and return 1 if the first is below `LEAST`."""
    done = subprocess.run(
        [python, "-c", OPEN], input=json.dumps([str(folder), TEXTS]), stdout=subprocess.PIPE, check=True, text=True
    )
    versions, rows = json.loads(done.stdout.splitlines()[-1])
    least = [1.0, 1.0]
    for role in ("query", "passage"):
        own = BundledEncoder(folder).embed(TEXTS, role)
        least = [
            min(so_far, float((own * got).sum(axis=1).min()))
            for so_far, got in zip(least, np.array(rows[role]), strict=True)
        ]
    sys.stdout.write(
        f"{versions}: least cosine of {len(TEXTS)} texts {least[0]:.5f} one by one, {least[1]:.5f} in a batch\n"
    )
    return int(least[0] < LEAST)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]) if len(sys.argv) > 2 else bundled("encoder")))
