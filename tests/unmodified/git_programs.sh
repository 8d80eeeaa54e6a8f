#!/bin/dash
# packages: dash git coreutils diffutils sed grep
# git: a repository made, changed, branched, merged, packed, cloned.
export HOME=$PWD GIT_AUTHOR_DATE='2026-01-01T00:00:00Z' GIT_COMMITTER_DATE='2026-01-01T00:00:00Z' GIT_PAGER=cat GIT_CONFIG_NOSYSTEM=1
git config --global user.name A; git config --global user.email a@example.org; git config --global init.defaultBranch main; git config --global gc.auto 0; git config --global safe.directory '*'; git config --global maintenance.auto false
git init -q r; cd r; seq 100 > n; echo hello > h; git add .; git commit -qm one; git log --oneline; git status --short
sed -i 's/^50$/fifty/' n; git diff --stat; git commit -qam two; git checkout -qb side HEAD~1; echo side >> h; git commit -qam side; git checkout -q main; git merge -q -m merge side; git log --graph --oneline
git gc -q; git count-objects -v | grep -v size; git fsck; git rev-parse HEAD; git cat-file -p HEAD^{tree}; git blame n | sed -n 50p | cut -c1-8
cd ..; git clone -q r c; cd c; git log -1 --format='%H %s'; echo x > new; git stash -u -q; git stash list; git stash pop -q; git status --short; git archive HEAD | sha256sum; git show HEAD~1:h; git grep -n fifty; git tag v1; git describe --tags
