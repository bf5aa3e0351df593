# Deploying to AWS, and proving the package before AWS sees it. The whole story: docs/deploy.md
STAGE ?= production
DEPLOY_PYTHON ?= python3.13
DEPLOY_VENV := .venv-deploy
LAMBDA_VENV := .venv-lambda
DEPLOY = UV=$(UV) $(DEPLOY_VENV)/bin/python -m photosky.deployment
HOST_PACKAGE := build/lambda/photosky-host.zip

$(DEPLOY_VENV)/installed: requirements/deploy.txt | $(UV)
	@$(UV) venv --quiet --clear --python $(DEPLOY_PYTHON) $(DEPLOY_VENV) \
		|| { echo "The package is built by the Python it runs on, 3.13: install it, or name it by DEPLOY_PYTHON=..." >&2; exit 1; }
	@$(UV) pip install --quiet --python $(DEPLOY_VENV)/bin/python --require-hashes -r requirements/deploy.txt
	@touch $@

# AWS's runtime client and nothing else: what the package lacks must not be found beside it.
$(LAMBDA_VENV)/installed: requirements/runtime.txt | $(UV)
	@$(UV) venv --quiet --clear --python $(DEPLOY_PYTHON) $(LAMBDA_VENV)
	@$(UV) pip install --quiet --python $(LAMBDA_VENV)/bin/python --require-hashes -r requirements/runtime.txt
	@touch $@

.PHONY: package package-test provision deploy update rollback destroy
package: $(DEPLOY_VENV)/installed ## Build the Lambda package of STAGE
	@$(DEPLOY) package --stage $(STAGE)

$(HOST_PACKAGE): FORCE $(DEPLOY_VENV)/installed
	@$(DEPLOY) package --example --architecture host --output $@
FORCE:

package-test: setup-dev $(HOST_PACKAGE) $(LAMBDA_VENV)/installed ## Build the package and run it as Lambda would
	@UV=$(UV) PHOTOSKY_PACKAGE=$(HOST_PACKAGE) PHOTOSKY_LAMBDA_PYTHON=$(LAMBDA_VENV)/bin/python \
		PHOTOSKY_DEPLOY_PYTHON=$(DEPLOY_VENV)/bin/python $(BIN)/python -m pytest tests/deployment $(ARGS)

provision: $(DEPLOY_VENV)/installed ## Make the AWS account ready for STAGE (ARGS=--plan to look first)
	@PHOTOSKY_SECRET_KEY=unused $(DEPLOY_VENV)/bin/python manage.py provision --stage $(STAGE) $(ARGS)

deploy: $(DEPLOY_VENV)/installed ## Deploy STAGE for the first time
	@$(DEPLOY) deploy --stage $(STAGE) $(ARGS)

update: $(DEPLOY_VENV)/installed ## Deploy what is committed to STAGE
	@$(DEPLOY) update --stage $(STAGE) $(ARGS)

rollback: $(DEPLOY_VENV)/installed ## Put the former version of STAGE back
	@$(DEPLOY) rollback --stage $(STAGE) $(ARGS)

destroy: $(DEPLOY_VENV)/installed ## Take STAGE off the air; the photos stay
	@$(DEPLOY) destroy --stage $(STAGE) $(ARGS)

# The general rule of the Makefile, with the package that is measured.
bench-coldstart: $(HOST_PACKAGE) $(LAMBDA_VENV)/installed
bench-coldstart: export PHOTOSKY_PACKAGE = $(HOST_PACKAGE)
bench-coldstart: export PHOTOSKY_LAMBDA_PYTHON = $(LAMBDA_VENV)/bin/python
