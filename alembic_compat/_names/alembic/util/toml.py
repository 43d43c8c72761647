from limbeck.util.toml import *
