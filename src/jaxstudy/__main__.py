"""`python -m jaxstudy`"""

from jaxstudy.cli import main

main()
