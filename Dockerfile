# The product's one image: compose.yaml runs it as web, worker, beat and for migrations.
FROM python:3.13-slim-bookworm

RUN apt-get update \
    && apt-get install --yes --no-install-recommends git bubblewrap tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 soulcaster \
    && install --directory --owner soulcaster --mode 0700 /state

WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements.txt
COPY . .
RUN python -m compileall -q agents clusters credentials soulcaster

USER soulcaster
ENV PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=soulcaster.settings \
    SOULCASTER_HOME=/state
VOLUME /state
EXPOSE 8000
ENTRYPOINT ["tini", "--"]
CMD ["daphne", "-b", "0.0.0.0", "-p", "8000", "-v", "0", "soulcaster.asgi:application"]
