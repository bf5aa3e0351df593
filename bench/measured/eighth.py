"""The floor of any thumbnail: libjpeg-turbo decodes at an eighth, and nothing else is done. Prints JSON."""

import json
import sys
import time
from pathlib import Path

from simplejpeg import decode_jpeg, decode_jpeg_header

if __name__ == "__main__":
    started = time.process_time()
    data = Path(sys.argv[1]).read_bytes()
    height, width, *_ = decode_jpeg_header(data)
    pixels = decode_jpeg(data, min_height=-(-height // 8), min_width=-(-width // 8), min_factor=8)
    print(json.dumps({"cpu_s": time.process_time() - started, "result": list(pixels.shape)}))
