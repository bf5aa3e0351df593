# The container-image way of deploying: the same functions from an image instead of a zip. See docs/deploy.md.
#   zappa save-python-settings-file production
#   docker build --platform linux/arm64 -t photosky .
FROM public.ecr.aws/lambda/python:3.13

COPY requirements/deploy.txt ${LAMBDA_TASK_ROOT}/
RUN pip install --no-cache-dir --require-hashes --no-compile -r deploy.txt --target "${LAMBDA_TASK_ROOT}" \
    && rm deploy.txt

COPY manage.py zappa_settings.py ${LAMBDA_TASK_ROOT}/
COPY templates ${LAMBDA_TASK_ROOT}/templates
COPY gallery ${LAMBDA_TASK_ROOT}/gallery
COPY photosky ${LAMBDA_TASK_ROOT}/photosky

# Bytecode is made last and is taken unlooked at: Lambda mounts the image read-only and may change its files' times.
RUN rm -rf photosky/deployment \
    && PHOTOSKY_SECRET_KEY=collectstatic python manage.py collectstatic --noinput --verbosity 0 --skip-checks \
    && python -m compileall -q --invalidation-mode unchecked-hash .

# The worker's function overrides this with photosky.lambda_worker.handler.
CMD ["photosky.lambda_web.handler"]
