"""佐证材料: files that prove that a measure was carried out.

naming (what a file may be called) · inspecting (what is in it: pictures, portable, packages) ·
confined (hostile content is read in a child) · storing (bytes on disk) · keeping (the verbs) ·
archiving (整改档案)
"""
