# The product's one image: compose.yaml runs it as web, two workers, beat and for migrations.
FROM node:22-bookworm-slim AS node

FROM python:3.13-slim-bookworm

RUN apt-get update \
    && apt-get install --yes --no-install-recommends git bubblewrap tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 soulcaster \
    && install --directory --owner soulcaster --mode 0700 /state

# For projects in JavaScript, and for the agents that come from npm.
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules /usr/local/lib/node_modules
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
    && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx

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
