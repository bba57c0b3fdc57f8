# Completion for bash. Made by lmc --print-completion from the option table in tools/lmc/options.cc.
_lmc() {
  local word="${COMP_WORDS[COMP_CWORD]}"
  case "${COMP_WORDS[COMP_CWORD - 1]}" in
    --as)
      COMPREPLY=($(compgen -W 'png pnm wav y4m' -- "$word"))
      return
      ;;
    --block-size)
      COMPREPLY=($(compgen -W '128K 256K 512K 1M 2M 4M 8M 16M 32M 64M' -- "$word"))
      return
      ;;
    --isa)
      COMPREPLY=($(compgen -W 'scalar avx2 avxvnni avx512 neon' -- "$word"))
      return
      ;;
  esac
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W '-z --compress -d --decompress -t --test -l --list --json --range --time --as --region --salvage -o --output -c --stdout -f --force -k --keep --rm --sparse --no-sparse --verify -0 -1 -2 -3 -4 -5 -6 -7 -8 -9 -T --threads -M --memory --block-size --solid --video --model --adapter --embed-adapter --no-mix --models --isa -q --quiet -v --verbose -h --help --version --print-man-page --print-completion --print-levels' -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}
complete -o filenames -F _lmc lmc
