# bash completion for crowd-confluence

_crowd_confluence()
{
    local cur prev words cword
    _init_completion || return

    local subcommands='session diagnose cookie-config validate causes'
    local connection='--cacert --cert --key --pinnedpubkey --insecure --proxy --connect-timeout --max-time'
    local confluence='--confluence-url --product --cookie'
    local crowd='--crowd-url --application --password-file'
    local observed='--just-logged-in --nobody-has-a-cookie --works-after-other-log-in
        --works-from-other-server --varies --session-ends-early --app-sets-session-cookie
        --app-write-fails-xsrf'
    local always='--help --json'

    case $prev in
        --cacert | --cert | --key | --password-file | --token-file)
            _filedir
            return
            ;;
        --product)
            COMPREPLY=($(compgen -W 'confluence' -- "$cur"))
            return
            ;;
        --confluence-url | --cookie | --crowd-url | --application | --address | --candidate | --app-url | \
            --pinnedpubkey | --proxy | --connect-timeout | --max-time)
            return
            ;;
    esac

    local word subcommand=
    for word in "${words[@]:1:cword-1}"; do
        [[ " $subcommands " == *" $word "* ]] && subcommand=$word && break
    done

    local options=
    case $subcommand in
        session) options="$always $confluence --token-file --address --curl $connection" ;;
        diagnose) options="$always $confluence $crowd --token-file --address --candidate --app-url $observed $connection" ;;
        cookie-config) options="$always $crowd $connection" ;;
        validate) options="$always $crowd --token-file --address --candidate $connection" ;;
        causes) options=$always ;;
        *) options="$subcommands --help --version" ;;
    esac
    COMPREPLY=($(compgen -W "$options" -- "$cur"))
} &&
    complete -F _crowd_confluence crowd-confluence
