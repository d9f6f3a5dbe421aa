"""What Bokeru is made of: the packages that it installs, their licences, and what is known against them.

python -m commands.supply        # writes NOTICE and sbom.json, as `make lock` does
python -m commands.supply.audit  # asks for known vulnerabilities, as `make audit` does
"""
